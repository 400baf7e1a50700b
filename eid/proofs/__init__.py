"""The security kernel: evidence in, a Verified type out, or an error. Pure."""
