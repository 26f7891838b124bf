"""System checks. Filled in by the modules that need them."""
