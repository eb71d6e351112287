//! How much memory the process has.

/// Bytes of memory that the process has, where the system tells.
pub(super) fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024.0 * kilobytes)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn linux_tells() {
        assert!(super::resident().is_some_and(|bytes| bytes > 100_000.0));
    }
}
