#include "engine/event_write.h"

#include "parsers/address.h"

void event_write_text(struct json_write *json, const char *key, const struct event *event,
                      enum event_text text)
{
    if (event_has_text(event, text))
        json_write_key_string(json, key, event->text[text]);
}

void event_write_nested_text(struct json_write *json, const char *outer, const char *inner,
                             const struct event *event, enum event_text text)
{
    if (!event_has_text(event, text))
        return;
    json_write_key_object(json, outer);
    event_write_text(json, inner, event, text);
    json_write_object_end(json);
}

void event_write_source(struct json_write *json, const char *key, const struct event *event)
{
    char text[ADDRESS_TEXT_BYTES];
    if ((event->flags & EVENT_HAS_SOURCE) == 0)
        return;
    json_write_key_string(json, key, slice_of(text, address_format(&event->source, text)));
}

void event_write_asn(struct json_write *json, const char *outer, const char *inner,
                     const struct event *event)
{
    if (event->asn == 0)
        return;
    json_write_key_object(json, outer);
    json_write_key_unsigned(json, inner, event->asn);
    json_write_object_end(json);
}

void event_write_country(struct json_write *json, const char *outer, const char *inner,
                         const struct event *event)
{
    const char letters[2] = {(char)(event->country >> 8), (char)(event->country & 0xff)};
    if (event->country == 0)
        return;
    json_write_key_object(json, outer);
    json_write_key_string(json, inner, slice_of(letters, sizeof(letters)));
    json_write_object_end(json);
}
