"""Why a build died, and what to do now: from its output, the kernel's log and the counters.

`logs` reads; `scan` and the parsers below it turn lines into findings; `diagnosis` and `advice`
judge; `tell` puts it into words. Only `logs` touches the machine. Nothing here runs a build.
"""
