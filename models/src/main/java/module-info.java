/** DeBERTa: configurations, weights, tokenizers, and the program of each variant. */
module detangle.models {
    requires transitive detangle.ir;
    requires transitive tools.jackson.databind;
    requires org.slf4j;

    exports detangle.models.adapter;
    exports detangle.models.bert;
    exports detangle.models.bertscore;
    exports detangle.models.deberta;
    exports detangle.models.files;
    exports detangle.models.gliclass;
    exports detangle.models.gliner;
    exports detangle.models.gliner2;
    exports detangle.models.sentence;
    exports detangle.models.text;
    exports detangle.models.weights;
}
