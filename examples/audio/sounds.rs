//! Pictures of sounds.

use std::{error::Error, fs, path::Path};

use tensor_core::{
    audio::{LogMel, Stft, Waveform},
    picture::{ColourMap, Image, Sheet},
    train::Chart,
};

use super::prompts::Prompt;

/// Bands of the sounds' spectrograms: they are music, and have more of high ones than a telephone.
const BANDS: usize = 96;

/// Draws the waveform and the spectrogram of each sound in a folder.
pub fn draw(folder: &Path, output: &Path) -> Result<(), Box<dyn Error>> {
    let refused = |error| format!("can't read `{}`: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(refused)? {
        files.push(entry.map_err(refused)?.path());
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wav"));
    files.sort();
    let mut sheet = Sheet::new("Sounds in 96 mel bands, 0 to 0.5 s").columns(3);
    let mut waves = Chart::new("The same sounds as waveforms").horizontal("seconds").vertical("pressure");
    let mut frames = 0;
    for (at, file) in files.iter().enumerate() {
        let wave = Waveform::read(file)?;
        // Windows of 23 ms at 44,100 samples a second, one for each 3 ms.
        let mel = LogMel::<1025, BANDS>::new(wave.rate(), Stft { window: 1024, hop: 128, centred: true })?;
        let spectrogram = mel.of(&wave)?;
        frames += spectrogram.frames();
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        println!(
            "{name}: {:.2} s of {} samples a second → [{}, {BANDS}]",
            wave.seconds(),
            wave.rate(),
            spectrogram.frames()
        );
        let first = spectrogram.part(0..spectrogram.frames().min(172)).unwrap_or(spectrogram);
        sheet = sheet.image(&name, first.image(2).coloured(ColourMap::Magma));
        // Below one another, each between the least and the most of every 3 ms.
        let level = |sample: f32| f64::from(sample) - 2.0 * at as f64;
        let peaks = wave.samples().chunks(128).enumerate().flat_map(|(chunk, samples)| {
            let seconds = (chunk * 128) as f64 / f64::from(wave.rate());
            let least = samples.iter().copied().fold(f32::INFINITY, f32::min);
            let most = samples.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            [(seconds, level(least)), (seconds, level(most))]
        });
        waves = waves.curve(name, peaks);
    }
    println!("spectrograms: {}", sheet.save(output.join("sounds"))?.png.display());
    println!("waveforms: {}", waves.save(output.join("waveforms"))?.png.display());
    println!("result sounds={}", files.len());
    println!("result frames={frames}\n");
    Ok(())
}

/// Draws some prompts in both languages.
pub fn draw_prompts(test: &[Prompt], names: [&str; 2], output: &Path) -> Result<(), Box<dyn Error>> {
    const FRAMES: usize = 150;
    let mut sheet = Sheet::new("Prompts in 40 mel bands, the first 1.5 s").columns(2);
    let english = test.iter().filter(|prompt| prompt.language == 0);
    let other = |prompt: &Prompt| test.iter().find(|other| other.language == 1 && other.name == prompt.name);
    let mut pairs: Vec<(&Prompt, &Prompt)> =
        english.filter_map(|prompt| Some((prompt, other(prompt)?))).collect();
    if pairs.is_empty() {
        println!("no prompt of the test part is in both languages, so that none is drawn");
        return Ok(());
    }
    pairs.sort_by_key(|(first, _)| first.seconds < 1.0); // the shorter ones last, else in their order
    for (first, second) in pairs.into_iter().take(3) {
        for prompt in [first, second] {
            let caption = format!("{}, {}", names[prompt.language], prompt.name);
            sheet = sheet.image(caption, picture(prompt, FRAMES)?);
        }
    }
    println!("prompts: {}", sheet.save(output.join("prompts"))?.png.display());
    Ok(())
}

/// The first frames, at two pixels each; black follows a shorter prompt.
fn picture(prompt: &Prompt, frames: usize) -> Result<Image, Box<dyn Error>> {
    let first = prompt.decibels.part(0..prompt.decibels.frames().min(frames));
    let image = first.as_ref().unwrap_or(&prompt.decibels).image(2).coloured(ColourMap::Magma);
    let (height, width) = (image.height(), 2 * frames);
    let row = |row: &[f32]| -> Vec<f32> {
        row.iter().copied().chain(std::iter::repeat_n(0.0, width - row.len())).collect()
    };
    let numbers = image.numbers().chunks_exact(image.width()).flat_map(row).collect();
    Ok(Image::colour(height, width, numbers)?)
}
