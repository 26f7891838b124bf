"""The demonstration hospital: invented people and two years of their work, the same for the same day and seed."""
