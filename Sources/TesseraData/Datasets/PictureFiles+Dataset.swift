internal import TesseraCore

/// A list of picture files is a dataset: labels where the list has them, none where it has not.
///
/// It is what the command works on. `ImageFolder` is stricter (classes must be there) and takes less memory.
extension PictureFiles: Dataset {
  public func sample(at index: Int) throws -> Sample {
    let file = files[index]
    if let fault = file.fault {
      return Sample(.unreadable(fault.with(path: file.name)), label: file.label, name: file.name)
    }
    return Sample(.file(file.path), label: file.label, name: file.name)
  }

  public func label(at index: Int) throws -> Int? { files[index].label }

  /// Names, classes and sizes, in the list's order.
  public func fingerprint() throws -> Fingerprint {
    var digest = Digest()
    digest.update("PictureFiles")
    for file in files {
      digest.update(file.name)
      digest.update(className(of: file) ?? "")
      digest.update(FileIO.size(file.path) ?? -1)
    }
    return Fingerprint(digest)
  }
}
