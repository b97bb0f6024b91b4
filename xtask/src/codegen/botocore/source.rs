//! Where a botocore is: a folder as Python installs it, or a wheel as the package index serves it.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use zip::ZipArchive;
use zip::result::ZipError;

/// The files of a botocore, named as in Python's `site-packages`: `botocore/__init__.py`.
pub(super) enum Source {
    Folder(PathBuf),
    Wheel(ZipArchive<File>),
}

impl Source {
    /// Opens the folder or wheel at `path`.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        if path.is_dir() {
            return Ok(Self::Folder(path.to_path_buf()));
        }
        let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
        let archive = ZipArchive::new(file).with_context(|| format!("{} is not a wheel", path.display()))?;
        Ok(Self::Wheel(archive))
    }

    /// The content of the file `name`, inflated where newer versions of botocore compress it.
    pub(super) fn read(&mut self, name: &str) -> anyhow::Result<Vec<u8>> {
        let Some(content) = self.find_inflated(name)? else { bail!("botocore has no {name}") };
        Ok(content)
    }

    /// The same, or none where botocore has no such file.
    pub(super) fn find_inflated(&mut self, name: &str) -> anyhow::Result<Option<Vec<u8>>> {
        if let Some(content) = self.find(name)? {
            return Ok(Some(content));
        }
        let Some(compressed) = self.find(&format!("{name}.gz"))? else { return Ok(None) };
        let mut content = Vec::new();
        let mut inflated = flate2::read::GzDecoder::new(compressed.as_slice());
        inflated.read_to_end(&mut content).with_context(|| format!("inflate {name}"))?;
        Ok(Some(content))
    }

    fn find(&mut self, name: &str) -> anyhow::Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(root) => {
                let path = root.join(name);
                if !path.exists() {
                    return Ok(None);
                }
                fs::read(&path).map(Some).with_context(|| format!("read {}", path.display()))
            }
            Self::Wheel(archive) => match archive.by_name(name) {
                Ok(mut file) => {
                    let mut content = Vec::new();
                    file.read_to_end(&mut content).with_context(|| format!("read {name} in the wheel"))?;
                    Ok(Some(content))
                }
                Err(ZipError::FileNotFound) => Ok(None),
                Err(error) => Err(error).with_context(|| format!("find {name} in the wheel")),
            },
        }
    }

    /// The newest API version of `service`: versions are dates, and name folders.
    pub(super) fn newest_version(&self, service: &str) -> anyhow::Result<String> {
        let folder = format!("botocore/data/{service}");
        let versions: Vec<String> = match self {
            Self::Folder(root) => {
                let path = root.join(&folder);
                let entries = fs::read_dir(&path).with_context(|| format!("read {}", path.display()))?;
                let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
                names.collect::<anyhow::Result<_>>()?
            }
            Self::Wheel(archive) => {
                let below = |name: &str| {
                    Some(name.strip_prefix(&folder)?.strip_prefix('/')?.split_once('/')?.0.to_owned())
                };
                // A name that is not text is no API version.
                archive.file_names().filter_map(|name| below(&name.ok()?)).collect()
            }
        };
        versions.into_iter().max().with_context(|| format!("botocore has no model of {service}"))
    }
}
