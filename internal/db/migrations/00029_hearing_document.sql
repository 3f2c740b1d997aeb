-- +goose Up
-- What a hearing's documents hold lies in the store of documents, by hash; nothing was ever written here.
alter table hearing_document drop column content;
