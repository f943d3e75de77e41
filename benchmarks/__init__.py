"""Speed, claim by claim: a limit measured in the same run, what we reach, and the ratio. `make bench`."""
