import ArgumentParser
import Tessera
import TesseraCorpora
import TesseraData

extension CorpusFormat: ExpressibleByArgument {}
extension TextSplit: ExpressibleByArgument {}

/// How data sets named on the command line are read.
struct CorpusOptions: ParsableArguments {
  @Option(help: "llava, messages, preferences, captions, text or webdataset (default: as the file shows).")
  var format: CorpusFormat?

  @Option(help: "What a document of a .txt is: file, lines or paragraphs.")
  var documents = TextSplit.file

  @Option(help: ArgumentHelp("At most so many samples of each file, the first.", valueName: "n"))
  var limit: Int?

  mutating func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1, got \(limit)") }
  }

  /// The sources of paths, each with the settings that its format has a use for.
  ///
  /// - Parameter images: the folder at which pictures' paths start.
  /// - Throws: a validation error for a setting that none of the sources has a use for.
  func sources(_ paths: [String], images: String? = nil) throws -> [CorpusSource] {
    var usesImages = false
    var usesDocuments = false
    let sources = try paths.map { path in
      var source = CorpusSource(path, format: format, limit: limit)
      let found = try kind(of: source)
      if found != .text && found != .webdataset {
        source.images = images
        usesImages = true
      }
      let isText = found == .text && !hasRecords(path)
      if isText {
        source.split = documents
        usesDocuments = true
      }
      return source
    }
    if images != nil && !usesImages {
      throw ValidationError("--images is for captions and conversations that name files, and there are none")
    }
    if documents != .file && !usesDocuments {
      throw ValidationError("--documents is for .txt files, and there are none")
    }
    return sources
  }

  /// The sources of paths, with all of their samples.
  ///
  /// - Throws: as `sources`.
  func unlimited(_ paths: [String], images: String? = nil) throws -> [CorpusSource] {
    try sources(paths, images: images).map { source in
      var source = source
      source.limit = nil
      return source
    }
  }

  /// What a source holds; nil for one that cannot be opened, which is said where it is opened.
  private func kind(of source: CorpusSource) throws -> CorpusFormat? {
    do { return try source.resolvedFormat() } catch let error as TesseraError {
      if case .invalidArgument = error.reason { throw error }
      return source.format
    }
  }

  private func hasRecords(_ path: String) -> Bool {
    ["jsonl", "ndjson", "json", "csv", "tsv"].contains(PictureFiles.fileExtension(path))
  }
}
