"""The identity provider: the part of Keycloak that a registration client and MOSIP's services see."""
