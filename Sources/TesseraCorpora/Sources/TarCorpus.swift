internal import TesseraCore
public import TesseraData

/// Training samples in WebDataset tars: `.jpg`, `.png` or `.webp` beside `.txt` (a caption) or `.json` (a caption, or a
/// conversation as LLaVA or Hugging Face write it).
///
///     let corpus = try TarCorpus("cc3m/{00000..00331}.tar")
///     let corpus = try TarCorpus("cc3m")                     // all .tar files of a folder
///
/// Members are indexed once (`TarIndex`), so any sample is read where it lies. A sample without a text, or whose turns
/// show other pictures than it has, keeps its place and throws; a sample without a picture is text alone.
public struct TarCorpus: Dataset {
  /// The tars, which also know what is wrong in them.
  public let tars: WebDataset

  /// Opens tars.
  ///
  /// - Parameters:
  ///   - path: a tar, a pattern with braces, or a folder.
  ///   - cache: a folder for indices of tars in folders that cannot be written.
  /// - Throws: what `WebDataset` throws; `invalidArgument` for a folder without a tar.
  public init(_ path: String, cache: String? = nil) throws {
    guard FileIO.isFolder(path) else {
      tars = try WebDataset(path, cache: cache)
      return
    }
    let files = try FolderFiles(path, extensions: ["tar"])
    if let fault = files.faults.first { throw fault }
    guard !files.paths.isEmpty else {
      throw TesseraError(
        .invalidArgument(name: "the folder", expected: "one with .tar files", got: "none in it"), path: path,
        stage: .list)
    }
    tars = try WebDataset(try files.paths.map { try TarIndex.open($0, cache: cache) })
  }

  public var count: Int { tars.count }

  /// - Throws: what is wrong with the sample's members; `corrupt` for a sample without a text, or one whose turns and
  ///   pictures disagree.
  public func sample(at index: Int) throws -> Sample {
    let sample = try tars.sample(at: index)
    guard sample.text != nil || !sample.conversation.isEmpty else {
      throw fault("a picture without a caption: it has no txt, caption or json that says one", sample)
    }
    guard !sample.conversation.isEmpty else { return sample }
    let marks = sample.conversation.reduce(0) { $0 + ImageMarks.count(in: $1.text) }
    guard marks == sample.pictures.count else {
      throw fault(
        "it has \(sample.pictures.count) pictures, but \(marks) times \(ImageMarks.mark) in its turns", sample
      )
    }
    return sample
  }

  public func label(at index: Int) throws -> Int? { try tars.label(at: index) }

  /// That of the tars.
  public func fingerprint() throws -> Fingerprint { Fingerprint("TarCorpus", try tars.fingerprint().hex) }

  private func fault(_ detail: String, _ sample: Sample) -> TesseraError {
    TesseraError(.corrupt(format: "the sample", detail: detail), path: sample.name, stage: .read)
  }
}
