/* A reader made of other people's parts: PACE and secure messaging by libeac, the line by PC/SC.
 *
 * pace_by_libeac READER 1|2 SECRET CURVE: opens the chip with the MRZ information (1) or the card
 * access number (2) on a standardized curve, and prints EF.CardAccess, EF.COM and EF.DG1 in
 * hexadecimal, one a line. Exit code 3: the card refused a command; 4: libeac found the chip out. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <eac/eac.h>
#include <eac/pace.h>
#include <openssl/objects.h>
#include <winscard.h>

typedef unsigned char byte;
typedef struct { byte at[4096]; size_t size; } octets;

static SCARDHANDLE card;
static EAC_CTX *eac;

static void fail(int code, const char *why) { fprintf(stderr, "%s\n", why); exit(code); }

static void add(octets *to, const void *from, size_t size) {
    if (to->size + size > sizeof to->at) fail(1, "too long");
    memcpy(to->at + to->size, from, size);
    to->size += size;
}

static octets hex(const char *digits) {
    octets out = {.size = strlen(digits) / 2};
    for (size_t i = 0; i < out.size; i++) sscanf(digits + 2 * i, "%2hhx", &out.at[i]);
    return out;
}

static void add_tlv(octets *to, byte tag, const void *value, size_t size) {
    byte head[] = {tag, 0x81, (byte)size};
    if (size > 255) fail(1, "too long a field");
    if (size < 128) head[1] = (byte)size;
    add(to, head, size < 128 ? 2 : 3);
    add(to, value, size);
}

static BUF_MEM *buffer(const void *from, size_t size) {
    BUF_MEM *out = BUF_MEM_new();
    if (!BUF_MEM_grow(out, size)) fail(1, "memory");
    memcpy(out->data, from, size);
    return out;
}

/* The answer without its status word, which is told in `status`. */
static octets transmit(octets command, int *status) {
    octets answer = {.size = 0};
    DWORD size = sizeof answer.at;
    if (SCardTransmit(card, SCARD_PCI_T1, command.at, command.size, NULL, answer.at, &size)
            != SCARD_S_SUCCESS || size < 2) fail(1, "no answer");
    answer.size = size - 2;
    *status = answer.at[size - 2] << 8 | answer.at[size - 1];
    return answer;
}

static octets ask(octets command) {
    int status;
    octets answer = transmit(command, &status);
    if (status != 0x9000) { fprintf(stderr, "%04X ", status); fail(3, "the card refused"); }
    return answer;
}

/* GENERAL AUTHENTICATE; the value of the one field in the answer, as a buffer of libeac's. */
static BUF_MEM *step(int is_last, byte tag, const BUF_MEM *value) {
    octets data = {0}, wrapped = {0}, command = {0}, answer;
    byte head[] = {is_last ? 0x00 : 0x10, 0x86, 0, 0, 0}, any = 0;
    if (value != NULL) add_tlv(&data, tag, value->data, value->length);
    add_tlv(&wrapped, 0x7C, data.at, data.size);
    head[4] = (byte)wrapped.size;
    add(&command, head, 5); add(&command, wrapped.at, wrapped.size); add(&command, &any, 1);
    answer = ask(command);
    size_t at = answer.at[1] < 128 ? 2 : 3; /* 7C and its length, then the field and its length */
    at += answer.at[at + 1] < 128 ? 2 : 3;
    return buffer(answer.at + at, answer.size - at);
}

static void need(int condition) { if (!condition) fail(4, "libeac refused"); }

static void open_with_pace(byte number, const char *secret, byte curve) {
    PACE_SEC *password = PACE_SEC_new(secret, strlen(secret), number);
    octets choose = hex("0022C1A412800A04007F000702020402028301"), rest = {{0x84, 0x01}, 2};
    need(EAC_CTX_init_pace(eac, NID_id_PACE_ECDH_GM_AES_CBC_CMAC_128, curve));
    add(&choose, &number, 1); add(&choose, rest.at, 2); add(&choose, &curve, 1);
    ask(choose);
    need(PACE_STEP2_dec_nonce(eac, password, step(0, 0, NULL)));
    BUF_MEM *mapping = PACE_STEP3A_generate_mapping_data(eac);
    need(mapping != NULL && PACE_STEP3A_map_generator(eac, step(0, 0x81, mapping)));
    BUF_MEM *own = PACE_STEP3B_generate_ephemeral_key(eac);
    need(own != NULL);
    BUF_MEM *theirs = step(0, 0x83, own);
    need(PACE_STEP3B_compute_shared_secret(eac, theirs) && PACE_STEP3C_derive_keys(eac));
    BUF_MEM *token = PACE_STEP3D_compute_authentication_token(eac, theirs);
    need(token != NULL);
    need(PACE_STEP3D_verify_authentication_token(eac, step(1, 0x85, token)));
    need(EAC_CTX_set_encryption_ctx(eac, EAC_ID_PACE));
    PACE_SEC_clear_free(password);
}

/* Send under secure messaging: a plain command as header, data, and whether an answer is due. */
static octets ask_protected(const char *header, octets data, int wanted) {
    octets fields = {0}, command = hex(header), checked, answer, plain = {0};
    byte length, le = 0;
    command.at[0] |= 0x0C;
    need(EAC_increment_ssc(eac));
    if (data.size) {
        BUF_MEM *hidden = EAC_encrypt(eac, EAC_add_iso_pad(eac, buffer(data.at, data.size)));
        need(hidden != NULL);
        octets value = {{0x01}, 1};
        add(&value, hidden->data, hidden->length);
        add_tlv(&fields, 0x87, value.at, value.size);
    }
    if (wanted) add_tlv(&fields, 0x97, &le, 1);
    checked = command;
    BUF_MEM *padded = EAC_add_iso_pad(eac, buffer(checked.at, 4));
    checked = (octets){0};
    add(&checked, padded->data, padded->length); add(&checked, fields.at, fields.size);
    BUF_MEM *mac = EAC_authenticate(eac, EAC_add_iso_pad(eac, buffer(checked.at, checked.size)));
    need(mac != NULL);
    add_tlv(&fields, 0x8E, mac->data, mac->length);
    length = (byte)fields.size;
    add(&command, &length, 1); add(&command, fields.at, fields.size); add(&command, &le, 1);
    answer = ask(command);
    need(EAC_increment_ssc(eac) && answer.size >= 10);
    size_t body = answer.size - 10;
    need(EAC_verify_authentication(eac, EAC_add_iso_pad(eac, buffer(answer.at, body)),
                                   buffer(answer.at + body + 2, 8)));
    if (answer.at[0] == 0x87) {
        size_t at = answer.at[1] < 128 ? 2 : 3;
        size_t size = answer.at[at - 1];
        BUF_MEM *shown = EAC_decrypt(eac, buffer(answer.at + at + 1, size - 1));
        need(shown != NULL && (shown = EAC_remove_iso_pad(shown)) != NULL);
        add(&plain, shown->data, shown->length);
    }
    return plain;
}

static void print(octets file) {
    for (size_t i = 0; i < file.size; i++) printf("%02X", file.at[i]);
    printf("\n");
}

int main(int count, char **words) {
    SCARDCONTEXT context;
    DWORD protocol;
    if (count != 5) fail(2, "pace_by_libeac READER 1|2 SECRET CURVE");
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS ||
        SCardConnect(context, words[1], SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, &card, &protocol)
            != SCARD_S_SUCCESS) fail(1, "no card");
    EAC_init();
    eac = EAC_CTX_new();
    ask(hex("00A4020C02011C"));
    octets access = ask(hex("00B0000000"));
    need(EAC_CTX_init_ef_cardaccess(access.at, access.size, eac));
    print(access);
    open_with_pace((byte)atoi(words[2]), words[3], (byte)atoi(words[4]));
    ask_protected("00A4040C", hex("A0000002471001"), 0);
    for (int name = 0; name < 2; name++) {
        ask_protected("00A4020C", hex(name ? "0101" : "011E"), 0);
        print(ask_protected("00B00000", (octets){0}, 1));
    }
    SCardDisconnect(card, SCARD_RESET_CARD);
    return 0;
}
