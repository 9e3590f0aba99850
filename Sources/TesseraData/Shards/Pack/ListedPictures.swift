internal import TesseraCore

/// The pictures of a folder or a list as a dataset: what `tessera pack` packs.
package struct ListedPictures: Dataset {
  package let files: PictureFiles

  package init(_ files: PictureFiles) { self.files = files }

  package var count: Int { files.count }
  package var classes: [String] { files.classes }

  package func sample(at index: Int) throws -> Sample {
    let file = files[index]
    if let fault = file.fault { throw fault.with(path: file.name, index: index) }
    return Sample(.file(file.path), label: file.label, name: file.name)
  }

  package func label(at index: Int) throws -> Int? { files[index].label }

  /// Names and classes in their order: a file that was mended is still the same sample, so that a finished pack can
  /// be resumed to take it up.
  package func fingerprint() throws -> Fingerprint {
    var digest = Digest()
    digest.update("ListedPictures")
    for file in files.files {
      digest.update(file.name)
      digest.update(files.className(of: file) ?? "")
    }
    return Fingerprint(digest)
  }
}
