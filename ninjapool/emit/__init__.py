"""Plan -> text: CMake scripts, presets, variables for other tools, JSON. Writes no file itself."""
