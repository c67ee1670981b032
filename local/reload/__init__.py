"""Functions begin anew when their code is saved."""
