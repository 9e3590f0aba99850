import Tessera

/// The pictures of a folder or a list file as a dataset.
struct ListedPictures: Dataset {
  let files: PictureFiles

  var count: Int { files.count }
  var classes: [String] { files.classes }

  func sample(at index: Int) throws -> Sample {
    let file = files[index]
    let source = file.fault.map { PictureSource.unreadable($0) } ?? .file(file.path)
    return Sample(source, label: file.label, name: file.name)
  }

  func label(at index: Int) throws -> Int? { files[index].label }
}
