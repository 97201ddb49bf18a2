"""JSON Web Tokens that leave, and the keys of ours and of sites; what comes from outside is read in `idp.core.jwt`."""
