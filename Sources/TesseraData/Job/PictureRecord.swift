internal import TesseraCore

/// What became of one picture: a line of the manifest or of the error list, and of the journal.
struct PictureRecord: Sendable, Equatable, Codable {
  /// Why a picture gave no output.
  struct Failure: Sendable, Hashable, Codable {
    var stage: String
    var reason: String
  }

  /// The index in the list of all pictures.
  var sample: Int
  /// The size in the picture's header; 0 for a failure.
  var width = 0
  var height = 0
  /// Bytes of the picture's own output file; 0 in shards.
  var bytes = 0
  var failure: Failure?

  init(sample: Int, size: Size, bytes: Int = 0) {
    self.sample = sample
    self.width = size.width
    self.height = size.height
    self.bytes = bytes
  }

  init(sample: Int, failure error: TesseraError) {
    self.sample = sample
    self.failure = Failure(stage: (error.stage ?? .read).rawValue, reason: error.reason.description)
  }

  var line: String {
    var pairs: [(key: String, value: JSONText)] = [("sample", .int(sample))]
    if let failure {
      pairs.append(
        ("failure", .object([("stage", .string(failure.stage)), ("reason", .string(failure.reason))])))
    }
    pairs += [("width", .int(width)), ("height", .int(height)), ("bytes", .int(bytes))]
    return JSONText.object(pairs).text + "\n"
  }
}

/// A shard that is complete on the disk.
struct ShardRecord: Sendable, Equatable, Codable {
  var shard: Int
  var bytes: Int

  var line: String { JSONText.object([("shard", .int(shard)), ("bytes", .int(bytes))]).text + "\n" }
}
