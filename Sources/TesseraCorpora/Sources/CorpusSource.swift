internal import TesseraCore
public import TesseraData

/// One data set to train on: where it lies, what it is, how much of it, and how often.
///
///     let source = CorpusSource("llava_v1_5_mix665k.json", images: "data/images")
///     let dataset = try source.open()
///
/// The samples are what training needs: pictures with a `conversation` or a `text`, or text alone; `category` where the
/// records have one.
public struct CorpusSource: Sendable, Hashable {
  /// A file, a folder of `.txt` or `.tar`, or a pattern of tars (`shard-{000000..000146}.tar`), URLs of such, a list of
  /// them (`@shards.txt`).
  public var path: String
  /// What it holds; nil where that is told from the file: by its extension, and by its first records.
  public var format: CorpusFormat?
  /// The folder at which the paths of pictures start; nil for the list's own.
  public var images: String?
  /// The share in a mixture, relative to the other sources'; nil where every source gives each sample once.
  public var weight: Double?
  /// The samples that are taken; nil for all. An end behind the data is the data's end.
  public var range: Range<Int>?
  /// At most so many samples, the first of the range; nil for any number.
  public var limit: Int?
  /// What reports call it; nil for the path's last part.
  public var name: String?
  /// What a document of a `.txt` is.
  public var split: TextSplit
  /// Where indices of tars are kept that lie in folders which cannot be written, and pieces of tars on servers; nil for
  /// `TESSERA_CACHE`'s, as far as it is about servers.
  public var cache: String?

  public init(
    _ path: String, format: CorpusFormat? = nil, images: String? = nil, weight: Double? = nil,
    range: Range<Int>? = nil, limit: Int? = nil, name: String? = nil, split: TextSplit = .file,
    cache: String? = nil
  ) {
    self.path = path
    self.format = format
    self.images = images
    self.weight = weight
    self.range = range
    self.limit = limit
    self.name = name
    self.split = split
    self.cache = cache
  }

  /// What reports call the source.
  public var title: String {
    if let name { return name }
    // A URL's query may be a secret.
    let path = RemoteName.shown(path)
    return path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The format that was named, or the one that the file shows.
  ///
  /// - Throws: what `CorpusFormat.detect` throws; `invalidArgument` for a file whose records are of another format
  ///   than was named.
  public func resolvedFormat() throws -> CorpusFormat {
    guard let format else { return try CorpusFormat.detect(path) }
    guard format == .llava || format == .messages || format == .preferences else { return format }
    let found: CorpusFormat
    // Captions and texts have members of many names; these have one each.
    do { found = try CorpusFormat.detect(path) } catch let error as TesseraError {
      if case .invalidArgument = error.reason { return format }
      throw error
    }
    guard found == format else {
      throw TesseraError(
        .invalidArgument(
          name: "the format", expected: "\(found.rawValue), as the file is", got: format.rawValue),
        path: path, stage: .list)
    }
    return format
  }

  /// The samples, ready for `SampleBuilder`.
  ///
  /// - Throws: `io`, `corrupt` for an empty file, `invalidArgument` for settings that the format has no use for and
  ///   for a range, a limit or a weight that is none; what the format's dataset throws.
  /// - Complexity: O(bytes) once: the file is scanned for its records, a tar without an index for its members.
  public func open() throws -> any Dataset {
    let format = try resolvedFormat()
    try check(format)
    let all: any Dataset =
      switch format {
      case .llava, .messages: try ConversationDataset(path, root: images)
      case .preferences: try PreferenceDataset(path, root: images)
      case .captions: try CaptionDataset(path, root: images)
      case .text: try TextCorpus(path, split: split)
      case .webdataset: try TarCorpus(path, cache: cache)
      }
    guard range != nil || limit != nil else { return all }
    let lower = min(range?.lowerBound ?? 0, all.count)
    var upper = min(range?.upperBound ?? all.count, all.count)
    if let limit { upper = min(upper, lower + min(limit, all.count)) }
    return try Subset(all, lower..<upper)
  }

  private func check(_ format: CorpusFormat) throws {
    func wrong(_ name: String, _ expected: String, _ got: String) -> TesseraError {
      TesseraError(.invalidArgument(name: name, expected: expected, got: got), path: path, stage: .list)
    }
    if let images, format == .text || format == .webdataset {
      throw wrong("images", "nothing for the format \(format.rawValue), which names no files", "'\(images)'")
    }
    if split != .file && format != .text {
      throw wrong("split", "file for \(format.rawValue)", split.rawValue)
    }
    if cache != nil && format != .webdataset {
      throw wrong("cache", "nothing for \(format.rawValue)", "a folder")
    }
    if let range, range.lowerBound < 0 { throw wrong("range", "0 or more", "\(range)") }
    if let limit, limit < 0 { throw wrong("limit", "0 or more", "\(limit)") }
    if let weight, !(weight.isFinite && weight > 0) { throw wrong("weight", "finite, above 0", "\(weight)") }
  }
}
