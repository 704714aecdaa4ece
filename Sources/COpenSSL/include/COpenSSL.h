// What Swift cannot call of OpenSSL directly: macros, variadic functions and callbacks. The rest of it is called as it
// is. Texts are UTF-8.

#ifndef COPENSSL_H
#define COPENSSL_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// A client's context that speaks TLS 1.2 and 1.3, takes bytes wherever they are, and remembers a certificate that
// cannot be verified.
SSL_CTX *cssl_context(void);

// Carries a connection's bytes over a non-blocking socket, without SIGPIPE. 1 for success.
int cssl_use_socket(SSL *ssl, int descriptor);

// Sets the name that the server is asked for. 1 for success.
int cssl_ask_for_name(SSL *ssl, const char *name);

// The certificate that could not be verified; NULL for none. It lives as long as the connection.
X509 *cssl_unverified_certificate(SSL *ssl);

// The names and addresses that a certificate is for, separated by ", ". Returns the length of the text, cut to `size`.
size_t cssl_certificate_names(X509 *certificate, char *text, size_t size);

// The issuer of a certificate, on one line.
size_t cssl_certificate_issuer(X509 *certificate, char *text, size_t size);

// When a certificate's validity ends, or begins.
size_t cssl_certificate_end(X509 *certificate, char *text, size_t size);
size_t cssl_certificate_start(X509 *certificate, char *text, size_t size);

// Makes a certificate authority that is discarded at once, and writes its certificate to `ca.crt` in a folder, and a
// certificate that it has issued, with its key, to `node.crt` and `node.key`. `alternatives` says whom that one is for:
// "IP:127.0.0.1,DNS:localhost". 1 for success.
int cssl_write_certificates(const char *folder, const char *alternatives);

#endif
