//! A save that fails leaves everything as it was.

use std::io::{self, Write};

use super::*;
use crate::io::{LoadError, SaveError, StateDict, save};

type Twins = Pair<Rank1<2>, Rank1<2>, f32, Cpu, true>;

fn twins() -> Twins {
    let device = Cpu::default();
    Pair { a: device.tensor([1.0, 2.0]), b: device.tensor([3.0, 4.0]) }
}

#[test]
fn a_missing_folder_is_an_error_and_leaves_no_file() {
    let folder = Folder::new();
    let path = folder.path("absent/net.safetensors");
    let error = two_layer(1).save(&path).unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot write `{}`: ", path.display())), "{error}");
    let SaveError::Io { path: reported, source } = error else { panic!("{error}") };
    assert_eq!((reported, source.kind()), (path, io::ErrorKind::NotFound));
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn a_save_replaces_the_file_that_is_there() {
    let folder = Folder::new();
    let path = folder.path("net");
    fs::write(&path, [7; 10_000]).unwrap();
    let net = two_layer(1);
    net.save(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), net.save_bytes().unwrap());
    assert_eq!(folder.names(), ["net"]);
}

#[test]
fn a_write_that_fails_halfway_leaves_the_old_file() {
    let folder = Folder::new();
    let path = folder.path("net");
    fs::write(&path, "old").unwrap();
    let error = save::replace(&path, |file| {
        file.write_all(b"new, but only ha")?;
        assert_eq!(folder.names().len(), 2);
        Err(io::Error::other("disk full"))
    });
    assert_eq!(error.unwrap_err().to_string(), "disk full");
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(folder.names(), ["net"]);
}

#[test]
fn a_rename_that_fails_leaves_nothing_beside() {
    let folder = Folder::new();
    let path = folder.path("net");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("inside"), "old").unwrap();
    assert!(matches!(two_layer(1).save(&path), Err(SaveError::Io { .. })));
    assert_eq!(folder.names(), ["net"]);
    assert_eq!(fs::read(path.join("inside")).unwrap(), b"old");
}

#[test]
fn a_path_without_a_file_name_is_an_error() {
    assert!(matches!(two_layer(1).save(".."), Err(SaveError::Io { .. })));
}

#[test]
fn threads_may_save_to_the_same_path() {
    let folder = Folder::new();
    let path = folder.path("net");
    let bytes: Vec<_> = (0..4).map(|seed| two_layer(seed).save_bytes().unwrap()).collect();
    std::thread::scope(|scope| {
        for bytes in &bytes {
            scope.spawn(|| save::replace(&path, |file| file.write_all(bytes)).unwrap());
        }
    });
    assert!(bytes.contains(&fs::read(&path).unwrap()));
    assert_eq!(folder.names(), ["net"]);
}

#[test]
fn two_tensors_of_one_name_are_refused_both_ways() {
    let folder = Folder::new();
    let path = folder.path("net");
    fs::write(&path, "old").unwrap();
    let error = twins().save(&path).unwrap_err();
    assert!(matches!(&error, SaveError::Duplicate { name } if name == "a"));
    assert_eq!(error.to_string(), "two tensors of this network are called `a`");
    assert_eq!(fs::read(&path).unwrap(), b"old");

    let one = file(&[("a", safetensors::Dtype::F32, &[2], &[0; 8])]);
    let mut net = twins();
    assert!(matches!(net.load_bytes(&one), Err(LoadError::Duplicate { name }) if name == "a"));
    assert_eq!(net.a.array(), [1.0, 2.0]);
}
