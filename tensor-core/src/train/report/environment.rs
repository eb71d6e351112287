//! What a training ran on.

use std::{
    env, fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// The machine, the versions, the time, the command.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    /// `2026-11-26 15:40 UTC`.
    pub(super) date: String,
    /// The arguments of this process.
    pub(super) command: String,
    /// Names and what they are here.
    pub(super) rows: Vec<(&'static str, String)>,
}

impl Environment {
    /// That of this process. What can't be found out is left out.
    pub(super) fn here() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let threads = std::thread::available_parallelism().ok();
        let pool = rayon::current_num_threads();
        let build = if cfg!(debug_assertions) { "with debug assertions" } else { "optimized" };
        let rows = [
            ("operating system", Some(operating_system())),
            ("processor", processor()),
            ("threads", threads.map(|threads| format!("{pool} of {threads}"))),
            ("memory", memory()),
            ("tensor-core", Some(format!("{}, {build}", env!("CARGO_PKG_VERSION")))),
            ("compiler", Some(env!("TENSOR_CORE_RUSTC").to_owned())),
            ("date", Some(date(seconds))),
        ];
        let rows = rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        Environment { date: date(seconds), command: command(), rows }
    }
}

fn operating_system() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let named = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let name = named.map_or(env::consts::OS, |name| name.trim_matches('"'));
    format!("{name}, {}", env::consts::ARCH)
}

fn processor() -> Option<String> {
    let told = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = told.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn memory() -> Option<String> {
    let told = fs::read_to_string("/proc/meminfo").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(format!("{:.1} GiB", kilobytes / 1024.0 / 1024.0))
}

/// The program's name and its arguments as a shell takes them.
fn command() -> String {
    let home = env::var("HOME").or_else(|_| env::var("USERPROFILE")).unwrap_or_default();
    let mut words = env::args_os();
    let program = words.next().unwrap_or_default();
    let program = Path::new(&program).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let words = words.map(|word| quoted(&without_home(&word.to_string_lossy(), &home)));
    std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ")
}

/// `~` in place of the home folder, whose name is often that of the user.
fn without_home(word: &str, home: &str) -> String {
    if home.len() > 1 { word.replace(home, "~") } else { word.to_owned() }
}

fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_=./,:+~@%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Seconds since 1970 as a date.
///
/// # Source
/// Howard Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so that the leap day is a year's last.
fn date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", seconds / 3600 % 24, seconds / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_709_251_199, "2024-02-29 23:59 UTC"),
            (1_709_251_200, "2024-03-01 00:00 UTC"),
            (1_798_761_600, "2027-01-01 00:00 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(date(seconds), text);
        }
    }

    #[test]
    fn words_of_a_command_are_quoted_and_no_home_is_told() {
        assert_eq!(quoted("--out=a/b.txt"), "--out=a/b.txt");
        assert_eq!(quoted("it's new"), r"'it'\''s new'");
        assert_eq!(quoted(""), "''");
        assert_eq!(without_home("--data=/home/ada/x", "/home/ada"), "--data=~/x");
        assert_eq!(without_home("/root", ""), "/root");
    }

    #[test]
    fn something_is_known_of_this_machine() {
        let environment = Environment::here();
        assert!(
            environment.rows.iter().any(|(name, value)| *name == "compiler" && value.starts_with("rustc "))
        );
        assert!(!environment.command.contains('\n'));
    }
}
