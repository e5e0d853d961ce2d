package detangle.server;

/** The number of texts that a request may have. */
record Sizes(int maxClientBatchSize, Admission admission) {
    /** Refuses a request of no text or of too many, and counts the texts of one that may be answered. */
    void check(int texts) {
        if (texts == 0) {
            throw ApiException.validation("there are no texts");
        }
        if (texts > maxClientBatchSize) {
            throw ApiException.tooLarge(
                    "the request has " + texts + " texts, and at most " + maxClientBatchSize + " may come at once");
        }
        admission.count(texts);
    }
}
