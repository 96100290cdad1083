/* In place of libcurl where libhdf5 is linked statically: its driver for S3 is part of the archive and is never
 * asked for anything. */
typedef struct CURL CURL;
struct curl_slist;

int curl_global_init(long flags) {
  (void)flags;
  return 2; /* CURLE_FAILED_INIT */
}
void curl_global_cleanup(void) {}
CURL* curl_easy_init(void) {
  return 0;
}
void curl_easy_cleanup(CURL* handle) {
  (void)handle;
}
int curl_easy_setopt(CURL* handle, int option, ...) {
  (void)handle;
  (void)option;
  return 2;
}
int curl_easy_perform(CURL* handle) {
  (void)handle;
  return 2;
}
struct curl_slist* curl_slist_append(struct curl_slist* list, const char* text) {
  (void)list;
  (void)text;
  return 0;
}
void curl_slist_free_all(struct curl_slist* list) {
  (void)list;
}
