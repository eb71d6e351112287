//! A conversation in a terminal: what is asked for, what Ctrl-C and Ctrl-D do, and how the terminal is afterwards.
//!
//! `script` of util-linux makes the terminal.

use std::{
    io::{Read, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use super::blank;
use crate::support::example::{Scratch, path_of};

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
/// A debug build on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(180);

/// A terminal in which the example runs between two looks at the terminal's settings.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    shown: Arc<Mutex<String>>,
    /// How much of it was waited for.
    seen: usize,
}

impl Terminal {
    fn with(model: &str, options: &str) -> Option<Self> {
        let example = path_of("smollm2");
        // The shell has to outlive the signal, which goes to it too.
        let line = format!(
            "trap : INT; stty -g; '{}' --model '{model}' {options}; echo status=$?; stty -g",
            example.display()
        );
        let mut command = Command::new("script");
        command.args(["--quiet", "--flush", "--command", &line, "/dev/null"]);
        command.env("SHELL", "/bin/sh").stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut child) = command.spawn() else {
            eprintln!("SKIPPED: there is no `script`, which makes a terminal");
            return None;
        };
        let (keys, mut screen) = (child.stdin.take()?, child.stdout.take()?);
        let shown = Arc::new(Mutex::new(String::new()));
        let page = shown.clone();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                page.lock().expect("no thread panics").push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Some(Terminal { child, keys, shown, seen: 0 })
    }

    fn type_in(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("the terminal listens");
    }

    /// Waits until this is shown after what was waited for before.
    #[track_caller]
    fn expect(&mut self, text: &str) {
        let began = Instant::now();
        loop {
            let shown = self.shown.lock().expect("no thread panics").clone();
            if let Some(place) = shown[self.seen..].find(text) {
                self.seen += place + text.len();
                return;
            }
            assert!(began.elapsed() < PATIENCE, "`{text}` was not shown after {}: {shown}", self.seen);
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the end with this status, and checks that the terminal is as it was.
    #[track_caller]
    fn ends(mut self, status: i32) {
        self.expect(&format!("status={status}\r\n"));
        drop(self.keys);
        self.child.wait().expect("`script` ends");
        let shown = self.shown.lock().expect("no thread panics").clone();
        let settings: Vec<&str> = shown.lines().filter(|line| is_settings(line)).collect();
        assert!(settings.len() == 2 && settings[0] == settings[1], "{shown}");
        let hidden = shown.rfind("\x1b[?25l");
        assert!(
            hidden.is_none_or(|place| shown[place..].contains("\x1b[?25h")),
            "the cursor is hidden: {shown}"
        );
    }
}

/// Whether a line is what `stty -g` prints: numbers with colons between them.
fn is_settings(line: &str) -> bool {
    line.matches(':').count() > 10 && line.chars().all(|c| c.is_ascii_hexdigit() || c == ':')
}

#[test]
fn ctrl_c_ends_an_answer_and_then_the_program() {
    let folder = Scratch::new();
    let model = folder.join("blank.gguf");
    blank::write(&model).expect("the folder can be written");
    let model = model.to_str().expect("the path is text");

    let Some(mut terminal) = Terminal::with(model, "--temperature 0 --max-tokens 8000") else { return };
    terminal.expect("> ");
    terminal.type_in("Sing!\n");
    terminal.expect("la la la ");
    terminal.type_in(CTRL_C);
    terminal.expect("> "); // it asks for the next
    terminal.type_in("\n");
    terminal.expect("> "); // nothing was asked
    terminal.type_in("Again!\n");
    terminal.expect("la la la ");
    terminal.type_in(CTRL_C);
    terminal.expect("> ");
    terminal.type_in(CTRL_C);
    terminal.ends(130);
}

#[test]
fn ctrl_d_ends_the_conversation() {
    let folder = Scratch::new();
    let model = folder.join("blank.gguf");
    blank::write(&model).expect("the folder can be written");
    let model = model.to_str().expect("the path is text");

    let Some(mut terminal) = Terminal::with(model, "--temperature 0 --max-tokens 3") else { return };
    terminal.expect("> ");
    terminal.type_in("Sing!\n");
    terminal.expect("la la la \r\n> ");
    terminal.type_in(CTRL_D);
    terminal.expect("result tokens=3\r\n");
    terminal.ends(0);
}
