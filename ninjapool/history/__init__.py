"""What each edge of a source tree took when ninjapool built it, kept between builds.

`entry` is one edge and how a build changes what is believed of it, `signature` what is the same of
a command next time, `store` the file, `book` the file while a build runs, `past` the look-up,
`lines` the text that a team shares. Knows no forecasts and no processes.
"""
