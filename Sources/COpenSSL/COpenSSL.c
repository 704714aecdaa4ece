#include "COpenSSL.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

// MARK: The processor

// OpenSSL asks the processor what it can do once before main, and again when it is first used. Each query takes
// microseconds in a virtual machine, so the first one is skipped where the linker puts this in between.
void __real_OPENSSL_cpuid_setup(void) __attribute__((weak));

void __wrap_OPENSSL_cpuid_setup(void) {
    static int is_started = 0;
    if (is_started) __real_OPENSSL_cpuid_setup();
    is_started = 1;
}

// MARK: The socket

static int write_socket(BIO *bio, const char *bytes, int count) {
    BIO_clear_retry_flags(bio);
    ssize_t written = send((int)(intptr_t)BIO_get_data(bio), bytes, (size_t)count, MSG_NOSIGNAL);
    if (written < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return (int)written;
}

static int read_socket(BIO *bio, char *bytes, int count) {
    BIO_clear_retry_flags(bio);
    ssize_t received = recv((int)(intptr_t)BIO_get_data(bio), bytes, (size_t)count, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return (int)received;
}

static long control_socket(BIO *bio, int command, long number, void *pointer) {
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    default: return 0;
    }
}

int cssl_use_socket(SSL *ssl, int descriptor) {
    static BIO_METHOD *method = NULL;
    if (method == NULL) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
        if (method == NULL) return 0;
        BIO_meth_set_write(method, write_socket);
        BIO_meth_set_read(method, read_socket);
        BIO_meth_set_ctrl(method, control_socket);
    }
    BIO *bio = BIO_new(method);
    if (bio == NULL) return 0;
    BIO_set_data(bio, (void *)(intptr_t)descriptor);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    return 1;
}

// MARK: Certificates

static void free_certificate(void *parent, void *certificate, CRYPTO_EX_DATA *data, int index, long number, void *pointer) {
    (void)parent;
    (void)data;
    (void)index;
    (void)number;
    (void)pointer;
    X509_free(certificate);
}

static int unverified_index(void) {
    static int index = -1;
    if (index < 0) index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_certificate);
    return index;
}

static int keep_unverified(int is_good, X509_STORE_CTX *store) {
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    if (!is_good && certificate != NULL && SSL_get_ex_data(ssl, unverified_index()) == NULL
        && X509_up_ref(certificate)) {
        SSL_set_ex_data(ssl, unverified_index(), certificate);
    }
    return is_good;
}

SSL_CTX *cssl_context(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL) return NULL;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // Servers often just close the connection, and RESP says where replies end.
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, keep_unverified);
    return context;
}

int cssl_ask_for_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

X509 *cssl_unverified_certificate(SSL *ssl) {
    return SSL_get_ex_data(ssl, unverified_index());
}

// Appends one name to a list.
static void append_name(BIO *list, const char *name, int length) {
    if (BIO_pending(list) > 0) BIO_puts(list, ", ");
    BIO_write(list, name, length);
}

static size_t take_text(BIO *bio, char *text, size_t size) {
    int count = bio == NULL ? 0 : BIO_read(bio, text, (int)size);
    BIO_free(bio);
    return count > 0 ? (size_t)count : 0;
}

size_t cssl_certificate_names(X509 *certificate, char *text, size_t size) {
    BIO *list = BIO_new(BIO_s_mem());
    if (list == NULL) return 0;
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int index = 0; index < sk_GENERAL_NAME_num(names); index++) {
        int kind = 0;
        ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, index), &kind);
        if (value == NULL) continue;
        const unsigned char *bytes = ASN1_STRING_get0_data(value);
        int length = ASN1_STRING_length(value);
        char address[INET6_ADDRSTRLEN];
        if (kind == GEN_DNS) {
            append_name(list, (const char *)bytes, length);
        } else if (kind == GEN_IPADD && (length == 4 || length == 16)
                   && inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, address, sizeof address)) {
            append_name(list, address, (int)strlen(address));
        }
    }
    GENERAL_NAMES_free(names);
    if (BIO_pending(list) == 0) {
        X509_NAME *subject = X509_get_subject_name(certificate);
        int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
        if (place >= 0) {
            ASN1_STRING_print_ex(
                list, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)), ASN1_STRFLGS_UTF8_CONVERT);
        }
    }
    return take_text(list, text, size);
}

size_t cssl_certificate_issuer(X509 *certificate, char *text, size_t size) {
    BIO *line = BIO_new(BIO_s_mem());
    if (line != NULL) {
        X509_NAME_print_ex(line, X509_get_issuer_name(certificate), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    }
    return take_text(line, text, size);
}

static size_t print_time(const ASN1_TIME *time, char *text, size_t size) {
    BIO *line = BIO_new(BIO_s_mem());
    if (line != NULL) ASN1_TIME_print(line, time);
    return take_text(line, text, size);
}

size_t cssl_certificate_end(X509 *certificate, char *text, size_t size) {
    return print_time(X509_get0_notAfter(certificate), text, size);
}

size_t cssl_certificate_start(X509 *certificate, char *text, size_t size) {
    return print_time(X509_get0_notBefore(certificate), text, size);
}
