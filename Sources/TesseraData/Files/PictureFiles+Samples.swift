internal import TesseraCore

extension PictureFiles {
  /// The pictures of a dataset's samples, one each. A sample that is faulty, or does not have the pictures that are
  /// wanted, keeps its place.
  ///
  /// - Parameter picture: what a sample's picture is called, and where it lies.
  init(
    samples data: any Dataset, classes: [String], named name: (Int) -> String,
    _ picture: (Sample) throws -> PictureFile
  ) {
    let files = (0..<data.count).map { index -> PictureFile in
      do { return try picture(try data.sample(at: index)) } catch {
        let name = name(index)
        return PictureFile(name: name, path: name, fault: TesseraError.of(error).with(stage: .list))
      }
    }
    self.init(files: files, classes: classes)
  }

  /// The samples of tars: of each its first picture.
  static func ofTars(_ data: WebDataset) -> PictureFiles {
    PictureFiles(samples: data, classes: data.classes, named: data.key(of:)) { sample in
      guard let source = sample.pictures.first, let (tar, bytes, name) = source.member else {
        throw noPicture
      }
      // The tar's own name and the member's: where the tar lies plays no part.
      let short = tar.split(separator: "/").last.map { name.dropFirst(tar.utf8.count - $0.utf8.count) }
      return PictureFile(
        name: String(short ?? name[...]), path: tar, bytes: bytes, remote: source.remote, label: sample.label)
    }
  }

  /// The samples of a file with captions or conversations: one picture each, since a row of an array holds one.
  ///
  /// - Parameter root: what the paths start at: manifests show what follows it.
  static func ofCaptions(_ data: any Dataset, classes: [String], root: String) -> PictureFiles {
    let start = root.hasSuffix("/") ? root : root + "/"
    return PictureFiles(samples: data, classes: classes, named: { "record \($0 + 1)" }) { sample in
      guard let source = sample.pictures.first, case .file(let path) = source else { throw noPicture }
      guard sample.pictures.count == 1 else {
        throw TesseraError(
          .invalidInput(
            operation: "an array", expected: "one picture in every sample (tars take several)",
            got: "\(sample.pictures.count)"))
      }
      let name = path.hasPrefix(start) ? String(path.dropFirst(start.count)) : path
      return PictureFile(name: name, path: path, label: sample.label)
    }
  }

  private static var noPicture: TesseraError {
    TesseraError(.invalidInput(operation: "this job", expected: "a picture in every sample", got: "none"))
  }
}
