"""What is measured on the pixels themselves, off the live path: the extra `imaging`.

The angle of the axial series to the bi-callosal plane, and the signal to noise ratio. The modules
of this package import libraries that an installation without the extra does not have; nothing
outside imports them before `installation.require` has said that they are there.
"""
