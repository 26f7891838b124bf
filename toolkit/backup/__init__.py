"""One file with the whole database and all media, made while the site is in use, that any supported database takes in.

`making.make` writes it, `package` is its format, `sealing` its encryption, `restoring.restore` reads it back,
`keeping` throws old nightly ones away.
"""
