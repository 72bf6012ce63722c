"""What a build would take on another machine: the same governor, in virtual time.

`figures` makes a trace of what is known of a build directory, `cells` runs it on machines,
`machines` knows some by name.
"""
