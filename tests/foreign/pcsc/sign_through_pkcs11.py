"""python-pkcs11 in a process of its own: sign and verify with the card's key, agree on a secret.

Arguments: the module, the PIN, another's point in hexadecimal. It says one JSON object.
"""

import json
import sys
from typing import Any

import pkcs11
from pkcs11 import KDF, Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import encode_ecdsa_signature

MESSAGE = b"what is signed"
SIGN, AGREE = b"\x01", b"\x03"


def main(module: str, pin: str, point: bytes) -> None:
    token = next(iter(pkcs11.lib(module).get_tokens()))
    with token.open(user_pin=pin) as session:
        private: Any = session.get_key(ObjectClass.PRIVATE_KEY, KeyType.EC, id=SIGN)
        public: Any = session.get_key(ObjectClass.PUBLIC_KEY, KeyType.EC, id=SIGN)
        signature = private.sign(MESSAGE, mechanism=Mechanism.ECDSA_SHA256)
        agreeing: Any = session.get_key(ObjectClass.PRIVATE_KEY, KeyType.EC, id=AGREE)
        secret = agreeing.derive_key(
            KeyType.GENERIC_SECRET,
            256,
            mechanism_param=(KDF.NULL, None, point),
            template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True},
        )
        said = {
            "token": token.label,
            "signature": encode_ecdsa_signature(signature).hex(),
            "verified": public.verify(MESSAGE, signature, mechanism=Mechanism.ECDSA_SHA256),
            "otherVerified": public.verify(b"?", signature, mechanism=Mechanism.ECDSA_SHA256),
            "secret": secret[Attribute.VALUE].hex(),
        }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]))
