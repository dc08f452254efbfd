//! TLS 1.2 and 1.3 with a certificate that can be replaced.

use crate::server::ServeError;
use crate::settings::TlsFiles;
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The certificate in use.
pub(crate) struct Tls {
    files: TlsFiles,
    acceptor: RwLock<TlsAcceptor>,
}

impl Tls {
    /// Reads the certificate and its key.
    ///
    /// # Errors
    /// A file can't be read, or certificate and key do not match.
    pub(crate) fn new(files: TlsFiles) -> Result<Self, ServeError> {
        let acceptor = RwLock::new(read(&files)?);
        Ok(Self { files, acceptor })
    }

    /// Reads the files again. An invalid pair leaves the old one in use.
    pub(crate) fn reload(&self) {
        match read(&self.files) {
            Ok(acceptor) => *self.acceptor.write().unwrap_or_else(PoisonError::into_inner) = acceptor,
            Err(error) => tracing::error!(target: "flowhost::http", %error, "the previous certificate stays in use"),
        }
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn read(files: &TlsFiles) -> Result<TlsAcceptor, ServeError> {
    let failed = |message: String| ServeError::Tls(message);
    let shown = files.certificate.display();
    let certificates =
        CertificateDer::pem_file_iter(&files.certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates =
        certificates.map_err(|error| failed(format!("the certificate {shown} can't be read: {error}")))?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| failed(format!("the key {} can't be read: {error}", files.key.display())))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| failed(format!("the certificate {shown} can't be used with its key: {error}")))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
