/* libnfc's functions, as far as mrtdreader calls them, answered by a card in a PC/SC reader.
 *
 * Loaded before libnfc it lets the unmodified program, which knows radio readers only, read a card
 * in the virtual reader. EID_READER names the reader. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nfc/nfc.h>
#include <winscard.h>

static SCARDCONTEXT context;
static SCARDHANDLE card;
static char device; /* its address stands for the context, the device and all */

void nfc_init(nfc_context **out) {
    *out = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) == SCARD_S_SUCCESS
               ? (nfc_context *)&device : NULL;
}

void nfc_exit(nfc_context *unused) { (void)unused; SCardReleaseContext(context); }

size_t nfc_list_devices(nfc_context *unused, nfc_connstring found[], size_t room) {
    const char *name = getenv("EID_READER");
    (void)unused;
    if (name == NULL || room == 0) return 0;
    snprintf(found[0], sizeof found[0], "%s", name);
    return 1;
}

nfc_device *nfc_open(nfc_context *unused, const nfc_connstring name) {
    DWORD protocol;
    (void)unused;
    return SCardConnect(context, name, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, &card, &protocol)
               == SCARD_S_SUCCESS ? (nfc_device *)&device : NULL;
}

void nfc_close(nfc_device *unused) { (void)unused; SCardDisconnect(card, SCARD_RESET_CARD); }

const char *nfc_device_get_name(nfc_device *unused) { (void)unused; return getenv("EID_READER"); }

void nfc_perror(const nfc_device *unused, const char *what) { (void)unused; perror(what); }

int nfc_initiator_init(nfc_device *unused) { (void)unused; return 0; }

int nfc_device_set_property_bool(nfc_device *unused, const nfc_property property, const bool on) {
    (void)unused; (void)property; (void)on;
    return 0;
}

int nfc_initiator_select_passive_target(nfc_device *unused, const nfc_modulation modulation,
                                        const uint8_t *data, const size_t size, nfc_target *target) {
    (void)unused; (void)data; (void)size;
    if (target != NULL) { memset(target, 0, sizeof *target); target->nm = modulation; }
    return 1; /* one target, and SCardConnect has found it */
}

int nfc_initiator_transceive_bytes(nfc_device *unused, const uint8_t *sent, const size_t size,
                                   uint8_t *answer, const size_t room, int timeout) {
    DWORD length = room;
    (void)unused; (void)timeout;
    if (SCardTransmit(card, SCARD_PCI_T1, sent, size, NULL, answer, &length) != SCARD_S_SUCCESS)
        return NFC_EIO;
    return (int)length;
}
