"""The language both ends speak: ISO/IEC 7816-4 commands, answers, status words and BER-TLV.

Clauses are those of the edition of 2013.
"""
