import Foundation
import TestSupport
import Tessera

/// Folders and datasets that statistics are tested on.
enum StatsFixture {
  /// The listing of a folder as a dataset.
  struct Listing: Dataset {
    let files: PictureFiles

    init(_ source: String) throws { files = try PictureFiles(source: source) }

    var count: Int { files.count }
    var classes: [String] { files.classes }

    func sample(at index: Int) throws -> Sample {
      let file = files[index]
      return Sample(
        file.fault.map { .unreadable($0) } ?? .file(file.path), label: file.label, name: file.name)
    }
  }

  /// Samples that a function makes.
  struct Made: Dataset {
    var count: Int
    var make: @Sendable (Int) throws -> Sample

    func sample(at index: Int) throws -> Sample { try make(index) }
  }

  static let photos = Repository.path("samples/photos")

  /// Sixty pictures in three classes: several sizes and kinds, four copies, some damage.
  static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for i in 0..<60 {
      let size = Size(width: 40 + i % 7 * 9, height: 33 + i % 5)
      let image = Pictures.ramps(size, i % 4 == 0 ? .gray : .rgb, seed: UInt64(i))
      var bytes = i % 2 == 0 ? try PNGEncoder().encode(image) : try JPEGEncoder(quality: 80).encode(image)
      if i % 20 == 3 { bytes.removeLast(bytes.count / 2) }
      let name = "\(["cat", "dog", "eel"][i % 3])/\(i).\(i % 2 == 0 ? "png" : "jpg")"
      try folder.write(bytes, name)
      if i % 20 == 6 { try folder.write(bytes, "dog/copy\(i).png") }
    }
    try folder.write([], "cat/empty.png")
    try folder.write("GIF89a nothing more", "eel/moving.jpg")
    return folder
  }
}
