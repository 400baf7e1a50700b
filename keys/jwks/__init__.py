"""The provider's signing keys and their life: publish, sign, retire, remove."""
