"""What rewards does when the layers below tell news."""
