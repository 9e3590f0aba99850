public import TesseraCore

/// One sample as its dataset knows it: encoded pictures and what belongs to them. Nothing is decoded yet.
public struct Sample: Sendable {
  /// What errors, ledgers and reports call the sample: a path, a tar member, a line of a file.
  public var name: String
  /// The pictures: mostly one; none for a sample of text alone.
  public var pictures: [PictureSource]
  /// The class, 0 or more; nil where there is none.
  public var label: Int?
  /// A caption or another text.
  public var text: String?
  /// The turns of a conversation about the pictures.
  public var conversation: [ConversationTurn]
  /// Answers that are worse than the conversation's last turn; none for a sample that compares nothing.
  public var rejected: [RejectedAnswer]
  /// What reports group the sample by, such as a question's type; nil where there is none.
  public var category: String?
  /// Arrays that belong to the sample, by name. A loader stacks those of one name.
  public var tensors: [String: AnyTensor]
  /// Masks, boxes and keypoints: they move with the (only) picture.
  public var annotations: Annotations
  /// How the pictures become tensors; nil leaves them as they are decoded (`uint8`).
  public var recipe: Recipe?

  public init(
    name: String? = nil, pictures: [PictureSource] = [], label: Int? = nil, text: String? = nil,
    conversation: [ConversationTurn] = [], rejected: [RejectedAnswer] = [], category: String? = nil,
    tensors: [String: AnyTensor] = [:],
    annotations: Annotations = Annotations(), recipe: Recipe? = nil
  ) {
    self.name = name ?? pictures.first?.name ?? ""
    self.pictures = pictures
    self.label = label
    self.text = text
    self.conversation = conversation
    self.rejected = rejected
    self.category = category
    self.tensors = tensors
    self.annotations = annotations
    self.recipe = recipe
  }

  /// What errors call the sample: the path of its only picture, which can be opened; else its name.
  var place: String {
    if pictures.count == 1, let path = pictures.first?.name, !path.isEmpty { return path }
    return name
  }

  /// A sample of one picture.
  public init(_ picture: PictureSource, label: Int? = nil, text: String? = nil, name: String? = nil) {
    self.init(name: name, pictures: [picture], label: label, text: text)
  }
}

/// One turn of a conversation.
public struct ConversationTurn: Sendable, Hashable, Codable {
  public enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    case system, user, assistant
  }

  public var role: Role
  /// The words; `<image>` stands where a picture is shown.
  public var text: String

  public init(_ role: Role, _ text: String) {
    self.role = role
    self.text = text
  }
}
