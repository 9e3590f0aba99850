internal import TesseraCore

extension Digest {
  /// Adds everything that a sample holds, each part with what tells it from the others.
  mutating func update(_ sample: Sample) {
    update(sample.name)
    update(sample.pictures.count)
    for picture in sample.pictures { update(picture) }
    update(sample.label ?? -1)
    update(sample.text == nil ? 0 : 1)
    update(sample.text ?? "")
    update(sample.conversation.count)
    for turn in sample.conversation {
      update(turn.role.rawValue)
      update(turn.text)
    }
    for answer in sample.rejected {
      update("rejected \(answer.rank) \(answer.margin)")
      update(answer.text)
    }
    // Only where there is one: samples without keep the digest that they always had.
    if let category = sample.category { update("category \(category)") }
    let sorted = sample.tensors.sorted {
      $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars)
    }
    update(sorted.count)
    for (name, tensor) in sorted {
      update(name)
      update(tensor)
    }
    update(sample.annotations)
    update(sample.recipe?.summary ?? "")
  }

  package mutating func update(_ picture: PictureSource) {
    switch picture {
    case .file(let path): update("file \(path)")
    case .section(let file, let bytes, let name):
      update("section \(file)")
      update(bytes.lowerBound)
      update(bytes.upperBound)
      update(name)
    case .remote(let file, let bytes, let name):
      update("section \(file.name)")
      update(bytes.lowerBound)
      update(bytes.upperBound)
      update(name)
    case .bytes(let bytes, let name):
      update("bytes \(name)")
      update(bytes.count)
      update(bytes)
    case .deferred(let name, _): update("deferred \(name)")
    case .image(let image, let name):
      update("image \(name)")
      update(image)
    case .tensor(let tensor, let name):
      update("tensor \(name)")
      update(tensor)
    case .unreadable(let error): update("unreadable \(error)")
    }
  }

  mutating func update(_ image: Image) {
    update(image.format.rawValue)
    update(image.width)
    update(image.height)
    image.withUnsafeBytes { update($0) }
  }

  mutating func update(_ tensor: AnyTensor) {
    update(tensor.dataType.rawValue)
    update(tensor.shape.count)
    tensor.shape.forEach { update($0) }
    tensor.withUnsafeBytes { update($0) }
  }

  mutating func update(_ annotations: Annotations) {
    update(annotations.masks.count)
    for mask in annotations.masks { update(mask) }
    update(annotations.boxes.count)
    for box in annotations.boxes {
      for edge in [box.left, box.top, box.right, box.bottom] {
        update(Int(bitPattern: UInt(edge.bitPattern)))
      }
      update(box.label)
    }
    update(annotations.keypoints.count)
    for point in annotations.keypoints {
      update(Int(bitPattern: UInt(point.x.bitPattern)))
      update(Int(bitPattern: UInt(point.y.bitPattern)))
    }
  }
}
