private import Foundation
internal import TesseraCore

/// What `tessera pack` reads: a folder, a list, tars; or the records of a file with captions or conversations.
package enum PackSource {
  /// Whether a source is named as tars are.
  package static func isTar(_ source: String) -> Bool {
    ShardPaths.isTars(source)
  }

  /// Opens a source.
  ///
  /// - Parameters:
  ///   - captions: a file whose records are the samples (`CaptionDataset`, `ConversationDataset`); its paths start at
  ///     the source, which is then a folder. Captioned pictures get the labels of that folder's classes.
  ///   - excluded: a folder that is left out: the destination inside of the source.
  ///   - remote: what reads tars on servers; nil for one of its own.
  package static func open(
    _ source: String, captions: String? = nil, excluding excluded: String? = nil, remote: RemoteStore? = nil
  ) throws -> any Dataset {
    guard let captions else {
      if isTar(source) { return try WebDataset(source, remote: remote) }
      return ListedPictures(try PictureFiles(source: source, excluding: excluded))
    }
    guard try FileIO.isFolderThere(source) else {
      throw TesseraError(
        .invalidArgument(
          name: "the source", expected: "the folder at which the captions' paths start", got: "another thing"),
        path: source)
    }
    if try holdsConversations(captions, root: source) {
      return try ConversationDataset(captions, root: source)
    }
    let files = try PictureFiles(source: source, excluding: excluded)
    // Its pictures would have no label.
    if let fault = files.unlisted { throw fault }
    return FolderLabels(try CaptionDataset(captions, root: source), files)
  }

  /// Opens a file of captions or conversations by itself: no folder is looked through for labels.
  ///
  /// - Parameter root: the folder at which its paths start; nil for the file's own.
  package static func records(_ file: String, root: String? = nil) throws -> any Dataset {
    guard try holdsConversations(file, root: root) else { return try CaptionDataset(file, root: root) }
    return try ConversationDataset(file, root: root)
  }

  private static func holdsConversations(_ file: String, root: String?) throws -> Bool {
    do {
      let members = try PictureList(file, root: root).columnsOfFirstRecords()
      return members.contains("conversations") || members.contains("messages")
    } catch let error as TesseraError { throw error.with(path: file, stage: .list) }
  }
}

/// Captioned pictures with the labels of the folders in which they lie.
struct FolderLabels: Dataset {
  let base: CaptionDataset
  let classes: [String]
  /// By the path below the folder.
  let labels: [[UInt8]: Int]

  init(_ base: CaptionDataset, _ files: PictureFiles) {
    self.base = base
    classes = files.classes
    var labels: [[UInt8]: Int] = [:]
    for file in files.files { labels[Array(file.name.utf8)] = file.label }
    self.labels = labels
  }

  var count: Int { base.count }

  func sample(at index: Int) throws -> Sample {
    var sample = try base.sample(at: index)
    let name = sample.name.hasPrefix("./") ? String(sample.name.dropFirst(2)) : sample.name
    sample.label = labels[Array(name.utf8)]
    return sample
  }

  func fingerprint() throws -> Fingerprint {
    Fingerprint(["labels", try base.fingerprint().hex] + classes)
  }
}
