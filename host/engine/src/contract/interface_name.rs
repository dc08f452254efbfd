//! The name of an interface, and the compatibility of its versions.

use semver::Version;

/// An interface's name and version.
pub(super) struct InterfaceName<'n> {
    /// The name without the version, for example `flow:outbound/dnd`.
    pub(super) path: &'n str,
    /// The version; empty if the name has none.
    pub(super) version: &'n str,
}

impl<'n> InterfaceName<'n> {
    pub(super) fn parse(id: &'n str) -> Self {
        let (path, version) = id.split_once('@').unwrap_or((id, ""));
        Self { path, version }
    }

    /// Returns whether the interface belongs to one of these packages.
    pub(super) fn is_of(&self, packages: &[&str]) -> bool {
        packages.iter().any(|package| self.path.starts_with(package))
    }

    pub(super) fn parse_version(&self) -> Option<Version> {
        Version::parse(self.version).ok()
    }

    /// Returns whether the linker accepts the host's version in place of this one, in both directions: the major versions
    /// are equal, and before 1.0.0 the minor versions, too.
    pub(super) fn is_compatible_with(&self, host_version: &str) -> bool {
        let (Some(own), Ok(host)) = (self.parse_version(), Version::parse(host_version)) else { return false };
        if own == host {
            return true;
        }
        let is_release = own.pre.is_empty() && host.pre.is_empty();
        is_release
            && own.major == host.major
            && (own.major > 0 || own.minor == host.minor && (own.minor > 0 || own.patch == host.patch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_one_major_version_are_compatible() {
        let is_compatible = |version: &str, host: &str| InterfaceName { path: "", version }.is_compatible_with(host);
        for (version, host) in [("1.0.0", "1.1.0"), ("1.1.0", "1.0.0"), ("1.2.3", "1.0.0"), ("0.1.7", "0.1.0")] {
            assert!(is_compatible(version, host), "{version} {host}");
        }
        for (version, host) in
            [("2.0.0", "1.0.0"), ("0.2.0", "0.1.0"), ("0.1.0", "1.0.0"), ("1.1.0-rc.1", "1.0.0"), ("", "1.0.0")]
        {
            assert!(!is_compatible(version, host), "{version} {host}");
        }
    }
}
