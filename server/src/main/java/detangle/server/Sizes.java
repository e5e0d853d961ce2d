package detangle.server;

/** The limits on the number of texts of a request. */
record Sizes(int maxClientBatchSize, Admission admission) {
    /** Refuses a request without texts or with too many, and counts the texts of other requests. */
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
