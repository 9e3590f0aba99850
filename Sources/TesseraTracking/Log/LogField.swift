/// The names that fields of log lines have, so that the report finds them.
public enum LogField {
  /// The loss for each supervised token, of lines `train` and `validation`.
  public static let loss = "loss"
  /// The learning rate, of lines `train`.
  public static let learningRate = "learning_rate"
  /// The norm of all gradients before they were clipped, of lines `train`.
  public static let gradientNorm = "gradient_norm"
  /// Tokens a second, measured, of lines `train`.
  public static let tokensPerSecond = "tokens_per_second"
  /// Pictures a second, measured, of lines `train`.
  public static let imagesPerSecond = "images_per_second"
  /// The share of the time spent in waiting for data, 0...1, measured, of lines `train`.
  public static let dataWait = "data_wait"
  /// Resident bytes, measured, of lines `train`.
  public static let memory = "memory"
  /// What happened, in words, of lines `event` and `session`.
  public static let message = "message"
  /// Whether a line `event` is a warning.
  public static let isWarning = "warning"

  /// What names of fields begin with that are the seconds of a part of the step (`seconds_data`, `seconds_forward`),
  /// measured, of lines `train`. The parts do not overlap.
  public static let secondsPrefix = "seconds_"
  /// Which of the fixed samples, of lines `sample`.
  public static let sample = "sample"
  /// What the model was asked, of lines `sample`; empty for a picture alone.
  public static let question = "question"
  /// What it answered, of lines `sample`.
  public static let answer = "answer"
  /// The right answer where there is one, of lines `sample`.
  public static let expected = "expected"
  /// Whether the answer is right, where anybody can say, of lines `sample`.
  public static let isRight = "right"
}
