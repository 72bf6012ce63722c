"""The record of a build: what each job took and waited for, and how memory and slots were used.

`model` is what it holds, `form` how it is written down, `shelf` where it is kept. Who
makes one, and what is told from it, is known elsewhere.
"""
