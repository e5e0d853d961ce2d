package detangle.hostile;

/** Parts of small tokenizer.json files. They are written with apostrophes for quotation marks. */
final class TokenizerJson {
    static final String TOKENS = "'[PAD]':0,'[CLS]':1,'[SEP]':2,'[UNK]':3,'a':4,'b':5,'ab':6,'##b':7,'x':8,'##a':9";
    static final String BPE = "{'type':'BPE','vocab':{" + TOKENS + "},'merges':['a b'],'unk_token':'[UNK]'}";
    static final String UNIGRAM =
            "{'type':'Unigram','unk_id':3,'vocab':[['[PAD]',0],['[CLS]',0],['[SEP]',0],['[UNK]',0],['▁',-2],['a',-3],"
                    + "['b',-3.5],['ab',-4],['▁a',-4.25],['x',-5]],'byte_fallback':false}";
    static final String WORD_PIECE = "{'type':'WordPiece','unk_token':'[UNK]','continuing_subword_prefix':'##',"
            + "'max_input_chars_per_word':100,'vocab':{" + TOKENS + "}}";
    static final String SINGLE = "[{'SpecialToken':{'id':'[CLS]','type_id':0}},{'Sequence':{'id':'A','type_id':0}}]";
    static final String PAIR = "[{'Sequence':{'id':'A','type_id':0}},{'Sequence':{'id':'B','type_id':1}}]";
    static final String FRAME = "{'type':'TemplateProcessing','single':" + SINGLE + ",'pair':" + PAIR
            + ",'special_tokens':{'[CLS]':{'id':'[CLS]','ids':[1],'tokens':['[CLS]']}}}";
    static final String METASPACE = "{'type':'Metaspace','replacement':'▁','prepend_scheme':'always','split':true}";

    /** One of most things. */
    static final String EVERYTHING = tokenizer(
            "{'type':'Sequence','normalizers':[{'type':'BertNormalizer','clean_text':true,'handle_chinese_chars':true,"
                    + "'strip_accents':null,'lowercase':true},{'type':'NFC'},"
                    + "{'type':'Strip','strip_left':true,'strip_right':true},{'type':'Replace','pattern':{'Regex':"
                    + "'\\\\s{2,}|[\\\\n\\\\r\\\\t]'},'content':' '},{'type':'Prepend','prepend':'▁'}]}",
            "{'type':'Sequence','pretokenizers':[{'type':'Punctuation','behavior':'Isolated'}," + METASPACE + "]}",
            FRAME,
            METASPACE,
            UNIGRAM,
            added("[MASK]", 10));

    private TokenizerJson() {}

    static String tokenizer(
            String normalizer, String preTokenizer, String postProcessor, String decoder, String model, String added) {
        return "{'version':'1.0','added_tokens':[" + added + "],'normalizer':" + normalizer + ",'pre_tokenizer':"
                + preTokenizer + ",'post_processor':" + postProcessor + ",'decoder':" + decoder + ",'model':" + model
                + "}";
    }

    static String added(String content, long id) {
        return "{'id':" + id + ",'content':'" + content + "','single_word':false,'lstrip':false,'rstrip':false,"
                + "'normalized':true,'special':false}";
    }

    /** The text with quotation marks. */
    static FolderWriter file(String name, String json) {
        return FolderWriter.file(name, json.replace('\'', '"'));
    }
}
