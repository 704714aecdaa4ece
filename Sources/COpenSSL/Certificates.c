#include "COpenSSL.h"

#include <openssl/pem.h>
#include <stdio.h>

static const long lifetime = 365L * 24 * 60 * 60;

// A certificate for `name` from `issuer`, signed with `issuer_key`; self-signed when `issuer` is NULL.
static X509 *make_certificate(
    long serial, const char *name, const char *alternatives, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key) {
    X509 *certificate = X509_new();
    if (certificate == NULL) return NULL;
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), lifetime);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer == NULL ? certificate : issuer));
    int kind = issuer == NULL ? NID_basic_constraints : NID_subject_alt_name;
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, issuer == NULL ? "critical,CA:TRUE" : alternatives);
    int is_good = extension != NULL && X509_add_ext(certificate, extension, -1)
        && X509_sign(certificate, issuer == NULL ? key : issuer_key, EVP_sha256()) > 0;
    X509_EXTENSION_free(extension);
    if (is_good) return certificate;
    X509_free(certificate);
    return NULL;
}

static int write_file(const char *folder, const char *name, X509 *certificate, EVP_PKEY *key) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) return 0;
    int is_good = certificate != NULL ? PEM_write_X509(file, certificate)
                                      : PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    return (fclose(file) == 0) & is_good;
}

int cssl_write_certificates(const char *folder, const char *alternatives) {
    EVP_PKEY *authority_key = EVP_EC_gen("P-256");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *authority = NULL;
    X509 *certificate = NULL;
    if (authority_key != NULL && key != NULL) {
        authority = make_certificate(1, "slotline playground", NULL, authority_key, NULL, NULL);
        if (authority != NULL) certificate = make_certificate(2, "node", alternatives, key, authority, authority_key);
    }
    int is_good = certificate != NULL && write_file(folder, "ca.crt", authority, NULL)
        && write_file(folder, "node.crt", certificate, NULL) && write_file(folder, "node.key", NULL, key);
    X509_free(certificate);
    X509_free(authority);
    EVP_PKEY_free(key);
    EVP_PKEY_free(authority_key);
    return is_good;
}
