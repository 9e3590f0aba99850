private import Foundation
internal import TesseraCore

/// `run.part-00002-of-00004.json`: written last, it says that a part is finished, and what it must consist of.
package struct PartRecord: Sendable, Equatable, Codable {
  /// A file of outputs and its size.
  package struct Output: Sendable, Equatable, Codable {
    package var name: String
    package var bytes: Int

    package init(name: String, bytes: Int) { (self.name, self.bytes) = (name, bytes) }
  }

  package var part: ShardAssignment
  /// Samples a block.
  package var block: Int
  /// SHA-256 of the `run.json` that the part was made under.
  package var run: String
  /// Samples in the whole list.
  package var pictures: Int
  /// SHA-256 of the part's manifest and list of errors.
  package var manifest: String
  package var errors: String
  /// SHA-256 of the part's list of shards, a line each; nil where the job makes none.
  package var shards: String?
  /// Shape and type of a sample where all must agree: `[3, 224, 224] float32`.
  package var layout: String?
  /// The files that the part wrote.
  package var outputs: [Output]

  package init(
    share: JobShare, run: String, manifest: String, errors: String, shards: String? = nil, layout: String?,
    outputs: [Output]
  ) {
    part = share.assignment
    block = share.block
    pictures = share.total
    self.run = run
    self.manifest = manifest
    self.errors = errors
    self.shards = shards
    self.layout = layout
    self.outputs = outputs
  }

  package var json: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
  }

  /// The record of a finished part; nil if it is not finished.
  ///
  /// - Throws: `io`, or `corrupt` for a file that is no record, or another part's.
  package static func read(_ names: PartNames, in folder: String) throws -> PartRecord? {
    let path = folder + "/" + names.record
    guard try FileIO.sizeIfThere(path) != nil else { return nil }
    let bytes = try FileIO.read(path)
    let found = try? JSONDecoder().decode(PartRecord.self, from: Data(bytes))
    guard let found, found.part == names.assignment, found.block > 0, found.pictures >= 0 else {
      throw TesseraError(
        .corrupt(
          format: "a part's record",
          detail: "it is not one of this version and name: run shard \(names.assignment) again, with --resume"
        ),
        path: path)
    }
    return found
  }

  /// Whether what a part listed is what it wrote when it was finished; true where it is not finished.
  ///
  /// - Throws: `io`.
  static func isSound(_ names: PartNames, in folder: String) throws -> Bool {
    if names.assignment.isWhole { return true }
    do {
      guard let record = try read(names, in: folder) else { return true }
      let lists = [(names.manifest, record.manifest), (names.shards, record.shards)]
      return try lists.allSatisfy { name, digest in
        guard let digest else { return true }
        let path = folder + "/" + name
        return try FileIO.sizeIfThere(path) != nil && Digest.hex(of: try FileIO.read(path)) == digest
      }
    } catch let error as TesseraError {
      if case .corrupt = error.reason { return false }
      throw error
    }
  }

  /// The samples of the part.
  var share: JobShare {
    var share = JobShare(part, total: pictures, shardSize: block, isSharded: true)
    share.block = block
    return share
  }
}
