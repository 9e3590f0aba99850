internal import TesseraData

/// A data set whose samples show the pictures of others: the control for whether pictures are looked at.
///
/// Each picture is that of a sample about half of the set away, of another name. Where all are of one name it stays.
struct OtherPictures: Dataset {
  let base: any Dataset
  /// Samples that are looked at for another picture.
  private static let reach = 1000

  init(_ base: any Dataset) { self.base = base }

  var count: Int { base.count }

  func sample(at index: Int) throws -> Sample {
    var sample = try base.sample(at: index)
    sample.pictures = try sample.pictures.indices.map { place in
      let own = sample.pictures[place]
      for step in 0..<min(count, Self.reach) {
        let other = try base.sample(at: (index + count / 2 + 1 + step) % count).pictures
        if other.indices.contains(place), other[place].name != own.name { return other[place] }
      }
      return own
    }
    return sample
  }

  func fingerprint() throws -> Fingerprint { Fingerprint("others' pictures", try base.fingerprint().hex) }
}
