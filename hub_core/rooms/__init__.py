"""The live meeting, pure: values in, values out. No await, no clock, no chance, no I/O."""
