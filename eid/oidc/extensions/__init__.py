"""What is added to the code grant: PKCE, the ID token, and the issuer in every answer."""
