"""Files and texts that mean harm, made here by generators: nothing of them is stored in the repository."""
